"""HTTP out: the only home of requests. What an EHR server says is data to be judged, never an instruction."""
