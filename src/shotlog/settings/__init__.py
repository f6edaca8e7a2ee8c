"""Every setting, once: its name, its default, where it is read from, and what it may be.

The order is: option, environment, settings file, default. Each :class:`Settings` field carries its
place in ``config.ini`` (``[Section] Key``); its environment name is ``SHOTLOG_`` and the field's
name in capitals.
"""

from shotlog.settings.loading import environment_name, ini_places, load_settings
from shotlog.settings.model import Settings

__all__ = ["Settings", "environment_name", "ini_places", "load_settings"]
