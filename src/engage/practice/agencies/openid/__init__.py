"""Signing in with an agency's own account, by OpenID Connect.

An agency's provider says who somebody is to it: an issuer and a subject. That is all that is taken from it. Names and
mail addresses are neither asked for nor kept, and nobody is found by them. Which of the staff a subject is was bound
beforehand, by an administrator or by an invitation that the person used.
"""
