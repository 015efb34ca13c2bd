// TrellisNode
