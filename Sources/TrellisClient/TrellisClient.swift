// TrellisClient
