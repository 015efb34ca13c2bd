// TrellisModel
