"""Files handed in as documents: what they really are, cleaned in a process of their own, and looked at for viruses."""
