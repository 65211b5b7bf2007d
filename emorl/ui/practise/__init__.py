"""The Practise screen: write a reflection first, then see what scorers, checks and objectives say of it."""
