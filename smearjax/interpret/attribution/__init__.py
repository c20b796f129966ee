"""What a score hangs on: observables, groups of particles, particles."""
