"""A library as documents in a MongoDB collection, one a video.

``place`` may be imported anywhere; ``documents``, ``server`` and ``sending`` need pymongo.
"""

from shotlog.exports.mongodb.place import Place, place, place_of, require_pymongo

__all__ = ["Place", "place", "place_of", "require_pymongo"]
