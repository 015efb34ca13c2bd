// TrellisVerify
