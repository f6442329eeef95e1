"""An internal system that works on the portal's cases and knows nothing of it but two queues (F7)."""
