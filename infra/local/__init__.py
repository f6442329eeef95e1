"""The local cloud: an AWS emulator on this machine, with Portico deployed into it as into AWS."""
