"""How dates are written in the back office; Django looks here before it looks into its own."""
