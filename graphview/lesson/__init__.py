"""The built-in lesson: linear regression, one mistake after the other, each step run for real."""
