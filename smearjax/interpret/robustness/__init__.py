"""How far a jet must move before a classifier changes its mind."""
