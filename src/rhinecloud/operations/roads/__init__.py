"""How long it takes on the streets: a network from an OpenStreetMap extract, searched backwards from where units go."""
