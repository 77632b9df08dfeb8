"""What keeps the launcher from going on."""


class Trouble(Exception):
    """One line for the person at the keyboard: what is wrong, and what to do."""
