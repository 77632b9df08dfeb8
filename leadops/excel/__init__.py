"""A workbook becomes typed rows: looked at, read, cleaned and written; nothing here touches the database."""
