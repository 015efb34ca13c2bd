// TrellisConformance
