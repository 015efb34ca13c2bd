// TrellisSimulator
