"""What Reflect and Compare share: statement box, sliders, checks around writing, the finished reflection."""
