"""The form on Reflect and Compare that sends what was written to the blind rating queue."""
