"""Who and what goes, as data: alarm plans and their levels, what is sent by itself, what climbs to a person."""
