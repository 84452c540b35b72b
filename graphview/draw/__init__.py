"""From a graph to a picture: drawing -> DOT -> layout engine -> SVG."""
