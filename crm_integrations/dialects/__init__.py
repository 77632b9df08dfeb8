"""Dialect faces: a partner posts to us as if we were the vendor, and changes nothing but host and token.

One file a vendor, each the mirror of that vendor's connector: it reads the vendor's create-lead request into a draft
and answers in the vendor's shapes. What the lead has no field for is kept in `extra` under the vendor's slug, as the
connector declares it, so that the same vendor is told it again.
"""
