"""The Practise screen: write a reflection first, then see what checks and objectives say of it."""
