"""Which variables of this process what builds and what is looked at may see: no secrets of the service."""

from __future__ import annotations

import re
from collections.abc import Mapping

_KEPT = re.compile(
    r"^(PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|XDG_\w+_HOME"
    r"|(?:https?|no|all|ftp)_proxy|SSL_CERT_(?:FILE|DIR)|NETRC|SSH_AUTH_SOCK"
    r"|CC|CXX|FC|F77|F90|AR|LD|CFLAGS|CXXFLAGS|CPPFLAGS|FFLAGS|FCFLAGS|LDFLAGS"
    r"|LD_LIBRARY_PATH|LIBRARY_PATH|CPATH|PKG_CONFIG_PATH|CMAKE_PREFIX_PATH|NETCDF\w*|HDF5_\w+"
    r"|UV_(?:INDEX\w*|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|OFFLINE|HTTP_\w+|REQUEST_TIMEOUT"
    r"|INSECURE_HOST|SYSTEM_CERTS|NATIVE_TLS|KEYRING_PROVIDER|CONFIG_FILE|EXCLUDE_NEWER"
    r"|PYTHON_DOWNLOADS|PYTHON_INSTALL_\w+|CONCURRENT_\w+))$",
    re.IGNORECASE,
)


def kept_variables(variables: Mapping[str, str]) -> dict[str, str]:
    """Return those by which programs, certificates, compilers and the package index are found.

    Nothing that would change which Python or which packages are seen is among them, nor what belongs to the
    service itself: its databases, stores and tokens.
    """
    return {name: value for name, value in variables.items() if _KEPT.match(name)}
