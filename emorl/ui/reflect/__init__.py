"""The Reflect screen: statement, sliders, the reflection and its reasons, rating form, earlier reflections."""
