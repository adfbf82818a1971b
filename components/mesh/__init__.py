"""The service mesh: Istio."""
