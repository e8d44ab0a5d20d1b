"""Classes: attributes, methods, properties, inheritance and operators."""


class Shape:
    sides = 0

    def __init__(self, name):
        self.name = name
        self.seen = 0

    def area(self):
        return 0

    @property
    def weight(self):
        return self.area() * self.sides

    def visit(self, times):
        self.seen += times
        return self


class Square(Shape):
    sides = 4

    def __init__(self, edge):
        super().__init__("square")
        self.edge = edge

    def area(self):
        return self.edge * self.edge


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y


shapes = [Square(edge) if edge % 3 else Shape("none") for edge in range(100)]
total, place, hits = 0, Vector(0, 0), 0
for turn in range(10_000):
    for shape in shapes[turn % 7::3]:
        total += shape.visit(turn & 3).weight
        if isinstance(shape, Square):
            place = place + Vector(shape.edge, -1)
            hits += place == Vector(turn, -turn)
print(total, place.x, place.y, hits, sum(shape.seen for shape in shapes))
