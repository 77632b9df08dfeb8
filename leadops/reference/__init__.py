"""Public directories that travel with the product: banks, branches, pincodes, states and countries."""
