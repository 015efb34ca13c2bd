// TrellisEvaluators
