"""Black-box guiding: which observables a classifier uses."""
