"""Greets whoever is named: curl -d '{"name":"Ada"}' localhost:8080/f/greet"""


def handler(event, context):
    return {"greeting": f"Hello, {event['name']}"}
