"""Cut a graph with METIS: `partition_by_metis.py GRAPH.npz RESULT.npy PARTS`; called by `partition.py`.

The graph holds ``edges``, shape (edges, 2), and ``weight``, shape (vertices,). Prints the seconds that METIS
itself took, and those of the processor; the imbalance allowed is METIS's own default.
"""

import json
import sys
import time

import numpy as np
import pymetis

source, result, parts = sys.argv[1:]
graph = np.load(source)
count = graph["weight"].size
both = np.concatenate((graph["edges"], graph["edges"][:, ::-1]))
both = both[np.argsort(both[:, 0], kind="stable")]
first = np.searchsorted(both[:, 0], np.arange(count + 1)).astype(np.int32)
adjacency = pymetis.CSRAdjacency(first, both[:, 1].astype(np.int32))
begin, used = time.perf_counter(), time.process_time()
found = pymetis.part_graph(
    int(parts), adjacency, vweights=graph["weight"].astype(np.int32), recursive=int(parts) == 2
)
seconds, processor = time.perf_counter() - begin, time.process_time() - used
np.save(result, np.array(found[1], dtype=np.int64))
print(json.dumps({"seconds": seconds, "processor": processor}))
