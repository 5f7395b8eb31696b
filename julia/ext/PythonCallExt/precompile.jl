# Filled by tools
