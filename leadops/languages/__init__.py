"""The languages of the back office. Partners' API speaks English alone."""
