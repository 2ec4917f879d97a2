"""The settings of the service: the frozen tree and the catalogue of its keys.

`reticket.settings.loading` reads them from the command line, variables and a file.
"""

from reticket.settings.catalogue import Setting, reference
from reticket.settings.tree import Hashing, PolicyChange, Settings, SignInLimits

__all__ = ["Hashing", "PolicyChange", "Setting", "Settings", "SignInLimits", "reference"]
