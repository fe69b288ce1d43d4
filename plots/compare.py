def compare(a,b): return []
