"""Who is there: posts with their shifts and on-call times, and the functions that people take in the two staffs."""
