"""Reports: pure questions to the records, whose answers are charts and tables. A module per report."""
