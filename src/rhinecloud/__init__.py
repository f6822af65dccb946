"""Rhine Cloud: an open smart-city platform in one program, from the sensor to the citizen."""

__version__ = "0.1.0"
