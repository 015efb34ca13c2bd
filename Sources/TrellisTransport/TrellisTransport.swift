// TrellisTransport
