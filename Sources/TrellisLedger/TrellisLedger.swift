// TrellisLedger
