"""The API held against its own schema: what the schema does not say, the API must not do."""
