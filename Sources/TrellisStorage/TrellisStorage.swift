// TrellisStorage
