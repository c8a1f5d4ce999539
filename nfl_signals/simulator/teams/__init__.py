"""The simulated league's teams and people: names, strengths, absences and the news about them."""
