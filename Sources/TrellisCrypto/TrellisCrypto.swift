// TrellisCrypto
