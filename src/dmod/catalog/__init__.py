"""The data service: typed datasets, what they cover, what fulfils a requirement, and where their bytes lie.

``dataset`` a dataset and its manifest; ``domain`` what it covers; ``requirement`` and ``match`` what fulfils
a need; ``planning`` how to derive what nothing fulfils; ``store`` where bytes lie; ``index`` what there is.
"""
