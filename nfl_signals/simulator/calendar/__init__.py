"""When and where the simulated league plays."""
