// TrellisConsensus
