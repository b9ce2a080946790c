"""The REST API of the review, with its OpenAPI document; what the pages can do, programs can do."""
