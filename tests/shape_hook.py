"""The type checker behind the shape hook of conftest.py."""

from beartype import BeartypeConf, beartype

# An int is a float to Python's typing rules (PEP 484), and to anybody who writes p=2.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))
